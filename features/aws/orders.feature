# EventBridge in and out, a table's items, and its stream.
Feature: Orders are shipped

  Background:
    Given the subsystem "shop"

  Scenario: An order is shipped, once
    When an "order placed" event is produced as "order"
    Then exactly 1 "order shipped" event appears with:
      | orderId  | ${order.orderId} |
      | quantity | 3                |
      | status   | SHIPPED          |

  Scenario: An order of too many is not shipped
    When an "order placed" event is produced with:
      | quantity | 101 |
    Then no "order shipped" event appears within 5s

  Scenario: The shop remembers what it has shipped
    When an "order placed" event is produced as "order"
    Then the "stored order" record of "${order.orderId}" has:
      | quantity | 3       |
      | status   | SHIPPED |

  Scenario: Whoever follows the shop's table sees each order once
    When an "order placed" event is produced as "order"
    Then exactly 1 "order change" record appears with:
      | orderId.S   | ${order.orderId} |
      | $.eventName | INSERT           |

  Scenario: Whoever follows the shop's table sees what a clerk writes, too
    When a "written order" is produced as "order"
    Then exactly 1 "order change" record appears with:
      | orderId.S | ${order.orderId} |
      | status.S  | PLACED           |
