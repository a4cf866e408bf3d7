Feature: A count is not over with its window
  A system that ships an order twice does not ask whether the test still looks. So a count is listened for until the next
  thing that the scenario does, or for some seconds after its window, while other scenarios run. What comes then fails
  the scenario, and what a system may rightly do later does not.

  Background:
    Given the subsystem "fulfilment"

  Scenario: No parcel at first, and one later
    When an "order placed" event is produced with:
      | processingMillis | 800 |
    Then no "order shipped" event appears within 400ms
    And an "order shipped" event appears within 2s

  Scenario: Exactly one, a second order, exactly one again
    When an "order placed" event is produced as "first"
    Then exactly 1 "order shipped" event appears within 2s
    When an "order placed" event is produced as "second"
    Then exactly 1 "order shipped" event appears within 2s

  Scenario: An output that comes again and again is asked for by "at least"
    When 4 "order placed" events are produced
    Then at least 2 "order shipped" events appear within 2s
