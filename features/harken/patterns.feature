Feature: What an event looks like is said by example and by rule
  Whatever stands in a cell must be found just so; whatever stands in parentheses is a rule. Fields that are not listed
  are free.

  Background:
    Given the subsystem "fulfilment"
    And an "order placed" event was produced as "order" with:
      | items[0].sku      | SKU-3 |
      | items[0].quantity | 40    |

  Scenario: Values and rules in a table
    Then an "order shipped" event appears with:
      | orderId           | (uuid)                    |
      | status            | (one of SHIPPED, SENT)    |
      | trackingNumber    | (like TRK-*)              |
      | trackingNumber    | (matches /^TRK-[0-9]+$/)  |
      | shippedAt         | (timestamp)               |
      | items[0].sku      | (starts with SKU)         |
      | items[0].quantity | (> 39)                    |
      | items[0].quantity | (1 to 40)                 |
      | items[0].quantity | (about 40 +- 0.5)         |
      | items[1].sku      | (not SKU-3)               |
      | items[*].sku      | SKU-7                     |
      | discount          | (absent)                  |
      | customerId        | (absent)                  |
      | header type       | order.shipped.v1          |
      | body              | (contains SHIPPED, SKU-7) |

  Scenario: Part of the body as it would be written
    Then an "order shipped" event appears with:
      """
      {
        "orderId": "${order.orderId}",
        "status": "(not BACKORDERED)",
        "items": [
          {"sku": "SKU-7"},
          {"sku": "SKU-3", "quantity": "(>= 40)"}
        ]
      }
      """

  Scenario Outline: <quantity> is the number 40
    Then an "order shipped" event appears with:
      | items[0].quantity | <quantity> |

    Examples:
      | quantity     |
      | 40           |
      | 40.0         |
      | (number)     |
      | (<= 40)      |
