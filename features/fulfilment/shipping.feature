Feature: Orders are shipped
  Whoever orders goods that we have gets them, once, and is told so within two seconds.

  Background:
    Given the subsystem "fulfilment"

  Scenario: An order of known goods is shipped
    When an "order placed" event is produced as "order"
    Then an "order shipped" event appears within 2s with:
      | orderId        | ${order.orderId} |
      | status         | SHIPPED          |
      | trackingNumber | (any)            |
      | items[*].sku   | SKU-7            |
    And no "order rejected" event appears within 500ms

  Scenario: The order is stored at once, before it is worked on
    When an "order placed" event is produced as "order" with:
      | processingMillis | 1500 |
    Then a "stored order" record appears within 1200ms with:
      | key    | ${order.orderId} |
      | status | PLACED           |
    And a "stored order" record appears within 5s with:
      | key    | ${order.orderId} |
      | status | SHIPPED          |

  Scenario: The same order twice ships once
    When an "order placed" event is produced
    And the same event is produced again
    Then exactly 1 "order shipped" event appears within 2s
    And nothing else appears within 1s

  Scenario: A storm of deliveries ships once
    When an "order placed" event is produced
    And the same event is produced 9 more times
    Then exactly 1 "order shipped" event appears within 2s

  Scenario Outline: <quantity> of <sku> are shipped as ordered
    When an "order placed" event is produced with:
      | items[0].sku      | <sku>      |
      | items[0].quantity | <quantity> |
    Then an "order shipped" event appears with:
      """
      {"status": "SHIPPED", "items": [{"sku": "<sku>", "quantity": <quantity>}]}
      """

    Examples:
      | sku   | quantity |
      | SKU-1 | 1        |
      | SKU-3 | 40       |
      | SKU-9 | 12       |

  Scenario: Several orders of one customer are all shipped
    Given these values:
      | customer | c-${new id} |
    When 3 "order placed" events are produced with:
      | customerId | ${customer} |
    Then exactly 3 "order shipped" events appear within 2s

  Scenario: Two orders in flight do not disturb each other
    Given an "order placed" event was produced as "order A"
    And an "order placed" event was produced as "order B" with:
      | items[0].sku | SKU-UNKNOWN |
    Then an "order shipped" event appears for "order A"
    And an "order rejected" event appears for "order B"
    And no "order shipped" event appears for "order B" within 500ms
