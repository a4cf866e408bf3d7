Feature: Orders are shipped
  Whoever orders goods that we have gets them, **once**, and is told so within two seconds.

  Background:
    Given the subsystem "fulfilment"

  @smoke
  Scenario: An order of known goods is shipped
    When an "order placed" event is produced as "order"
    Then an "order shipped" event appears within 2s with:
      | orderId      | ${order.orderId} |
      | status       | SHIPPED          |
      | items[*].sku | SKU-7            |
    And no "order rejected" event appears within 500ms

  Rule: A parcel leaves in time

    Scenario: A parcel that takes its time is late
      When an "order placed" event is produced with:
        | processingMillis | 1200 |
      Then an "order shipped" event appears within 800ms

    Scenario Outline: <quantity> of <sku> are shipped as ordered
      When an "order placed" event is produced with:
        | items[0].sku      | <sku>      |
        | items[0].quantity | <quantity> |
      Then an "order shipped" event appears with:
        | items[0].sku      | <sku>      |
        | items[0].quantity | <quantity> |

      Examples:
        | sku   | quantity |
        | SKU-1 | 1        |
        | SKU-2 | 100      |

  Rule: What is packed is what was ordered

    Scenario: A parcel of gold
      When an "order placed" event is produced
      Then an "order shipped" event appears within 1s with:
        | status       | SHIPPED  |
        | items[0].sku | SKU-GOLD |

  Scenario: A parcel by drone
    When an "order placed" event is produced
    Then a drone takes off
