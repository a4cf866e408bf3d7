# An order has no number before the system gives it one: the answer to its request says which, and its events carry that
# number alone. So whose they are is learned.
Feature: Orders come in by HTTP

  Scenario Outline: An order of <sku> is accepted, picked and shipped
    When an "order request" is produced as "request" with:
      | customer | <customer> |
      | sku      | <sku>      |
    Then an "order number" event appears for "request" as "answer" with:
      | header Location | (starts with /orders/) |
    And these events appear in this order:
      | event          | orderId           |
      | order accepted | ${answer.orderId} |
      | order picked   | ${answer.orderId} |
      | order shipped  | ${answer.orderId} |
    And exactly 1 "order shipped" event appears
    And exactly 1 "order on display" event appears

    Examples:
      | customer | sku   |
      | Ann      | SKU-1 |
      | Bob      | SKU-2 |
      | Cem      | SKU-2 |

  Scenario: Every order is shipped once
    When 20 "order request" events are produced
    Then every "order request" leads to exactly one "order number"
    And every "order request" leads to exactly one "order shipped" event

  Scenario: An order is looked at, and cancelled
    When an "order request" is produced as "request"
    Then an "order number" appears for "request" as "answer"
    And the "order" record of "${answer.orderId}" has within 2s:
      | status      | SHIPPED |
      | header ETag | (any)   |
    When a "cancellation" is produced with:
      | key | ${answer.orderId} |
    Then the "order" record of "${answer.orderId}" is gone

  Scenario: What is not sold is refused, and nothing comes of it
    When an "order request" is produced with:
      | sku | SKU-10 |
    Then a "refusal" appears with:
      | status | 422                   |
      | reason | unknown goods: SKU-10 |
    And no "order shipped" event appears within 300ms

  Scenario: Nobody orders without a token
    When an "order request" is produced with:
      | header Authorization | Bearer somebody-else's |
    Then a "refusal" appears with:
      | status | 401 |
