Feature: Several events are asked for at once
  Each row of a table takes an event of its own, so that one event is never counted for two. Where the order matters, it is
  told by when the events appeared, and where that cannot be told, the step says so instead of guessing.

  Background:
    Given the subsystem "fulfilment"

  Scenario: Each row takes a different event
    When these "order placed" events are produced:
      | items[0].sku |
      | SKU-1        |
      | SKU-2        |
      | SKU-1        |
    Then these "order shipped" events appear within 2s:
      | as     | items[*].sku |
      | first  | SKU-2        |
      | second | SKU-1        |
      | third  | (any)        |
    And nothing else appears within 500ms

  Scenario: Events of several kinds
    When these "order placed" events are produced:
      | as   | items[0].sku |
      | good | SKU-1        |
      | bad  | SKU-404      |
    Then these events appear within 2s:
      | event          | orderId         | reason      |
      | order shipped  | ${good.orderId} |             |
      | order rejected | ${bad.orderId}  | UNKNOWN_SKU |

  Scenario: One after the other
    When these "order placed" events are produced:
      | as   | items[0].sku | processingMillis |
      | slow | SKU-1        | 1200             |
      | fast | SKU-2        | 200              |
    Then these events appear in this order within 5s:
      | event         | orderId         |
      | order shipped | ${fast.orderId} |
      | order shipped | ${slow.orderId} |

  Scenario: One after the other, on two channels
    When these "order placed" events are produced:
      | as   | items[0].sku | processingMillis |
      | good | SKU-1        | 1200             |
      | bad  | SKU-404      | 200              |
    Then these events appear in this order within 5s:
      | event          | orderId         |
      | order rejected | ${bad.orderId}  |
      | order shipped  | ${good.orderId} |
