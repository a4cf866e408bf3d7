# An order has no number before the system gives it one. The answer to its request says which, and three events and a row
# carry that number alone. So whose they are is learned.
Feature: Ids that the system makes

  Scenario Outline: An order of <sku> is told of three times and kept once
    When an "order request" is produced as "request" with:
      | customer | <customer> |
      | sku      | <sku>      |
    Then an "order number" event appears for "request" as "answer" with:
      | header Location | (starts with /orders/) |
    And these events appear:
      | event          | key               | orderId           |
      | order accepted | ${answer.orderId} | ${answer.orderId} |
      | order picked   | ${answer.orderId} | ${answer.orderId} |
      | order shipped  | ${answer.orderId} | ${answer.orderId} |
    And the "stored order" record of "${answer.orderId}" has:
      | status | SHIPPED |
    And exactly 1 "kept order" row appears with:
      | orderId  | ${answer.orderId} |
      | customer | <customer>        |
      | sku      | <sku>             |
      | status   | SHIPPED           |
    And nothing else appears

    Examples:
      | customer | sku   |
      | Ann      | SKU-1 |
      | Bob      | SKU-2 |
      | Cem      | SKU-2 |

  Scenario: Every order is told of and kept once
    When 20 "order request" events are produced
    Then every "order request" leads to exactly one "order number"
    And every "order request" leads to exactly one "order accepted" event
    And every "order request" leads to exactly one "order picked" event
    And every "order request" leads to exactly one "order shipped" event
    And every "order request" leads to exactly one "kept order" row

  Scenario: What is not sold is refused, and nothing comes of it
    When an "order request" is produced with:
      | sku | SKU-10 |
    Then a "refusal" appears with:
      | reason | unknown goods: SKU-10 |
    And no "order accepted" event appears within 1s
    And no "kept order" row appears within 1s
