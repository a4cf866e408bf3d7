# SNS, and SQS behind it: Harken hears what goes into a queue from the topic before it, and takes nothing out.
Feature: Customers are told

  Scenario: What is shipped is announced
    When an "order placed" event is produced as "order"
    Then a "notice" appears with:
      | orderId | ${order.orderId} |
      | status  | SHIPPED          |

  Scenario: What is announced becomes a letter
    # of a notice that the scenario itself sends, the tap would hear the echo, which says nothing of the shop
    When an "order placed" event is produced as "order"
    Then a "letter" appears with:
      | orderId | ${order.orderId} |
      | status  | SHIPPED          |

  Scenario: Letters wait until the clerk reads them
    # how many they are, anybody could have changed: it runs alone
    When a "notice" is produced
    Then the "letter count" record of "shop-letters" has:
      | messages | (>= 1) |
