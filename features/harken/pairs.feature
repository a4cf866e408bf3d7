Feature: Every event leads to something
  Many events at once are told apart by the ids that each carries. One that is lost counts, and so does one that leads to two
  things: two answers to one event do not make up for none to another.

  Background:
    Given the subsystem "fulfilment"

  Scenario: A burst of orders, each of them shipped once
    When 40 "order placed" events are produced
    Then every "order placed" event leads to exactly one "order shipped" event within 2s

  Scenario: An order that comes twice is one order
    When 3 "order placed" events are produced
    And the same event is produced again
    Then every "order placed" event leads to exactly one "order shipped" event within 2s

  Scenario: Not all of them need to
    When these "order placed" events are produced:
      | items[0].sku |
      | SKU-1        |
      | SKU-2        |
      | SKU-404      |
      | SKU-3        |
    Then 75% of the "order placed" events lead to exactly one "order shipped" event within 2s
    And 25% of the "order placed" events lead to an "order rejected" event within 2s

  Scenario: Each has a window of its own
    When 10 "order placed" events are produced at 2 per second with:
      | processingMillis | 500 |
    Then every "order placed" event leads to an "order shipped" event between 200ms and 2s
