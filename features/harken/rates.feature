Feature: Events are produced at a rate, however slow the system is
  A test that waits for each answer before it sends the next event spares the system the very load that it is to bear. So
  events are sent when they are due. A rate that did not come about proves nothing, and the scenario says so.

  Background:
    Given the subsystem "fulfilment"

  Scenario: Slow orders do not slow down those who order
    When 10 "order placed" events are produced at 2 per second with:
      | processingMillis | 1000 |
    Then exactly 10 "order shipped" events appear within 2s

  Scenario: A rate may be given for a minute
    When 6 "order placed" events are produced at 70 per minute
    Then every "order placed" event leads to exactly one "order shipped" event within 2s
