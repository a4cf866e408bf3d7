@orders
Feature: Shipping
  Whatever a customer orders leaves the **warehouse** within two seconds:

  - what is in stock is shipped,
  - what is not is rejected.

  See [the contract](https://example.com/contract). <script>alert("description")</script>

  Background:
    Given the subsystem "fulfilment"

  @smoke
  Scenario: An order is shipped
    It is the *main* course.

    When an "order placed" event is produced with:
      | orderId       | ${id} |
      | items[0].sku  | SKU-1 |
    Then an "order shipped" event appears within 2s with:
      | status | SHIPPED |

  Rule: What is late counts as missing

    @slow
    Scenario: An order is shipped too late
      When an "order placed" event is produced
      Then an "order shipped" event appears within 2s
      And no "order rejected" event appears within 500ms

    Scenario: An order is shipped with another status
      When an "order placed" event is produced
      Then an "order shipped" event appears within 2s with:
        | status        | SHIPPED |
        | parcels[*].kg | (< 30)  |

  Rule: Some things cannot be known

    Scenario: The listener was cut off
      When an "order placed" event is produced
      Then no "order rejected" event appears within 1s

    @retry(2)
    Scenario: It passes at last
      When an "order placed" event is produced
      Then an "order shipped" event appears within 2s

  Scenario: A step that nobody has written
    When the moon is full
    Then an "order shipped" event appears within 2s

  Scenario Outline: <count> orders
    When <count> "order placed" events are produced
    Then exactly <count> "order shipped" events appear within <window>

    @quick
    Examples: few
      | count | window |
      | 2     | 2s     |
      | 3     | 3s     |

    Examples: many
      | count | window |
      | 20    | 5s     |
