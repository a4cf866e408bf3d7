Feature: What cannot be shipped is refused
  Nothing that comes in is lost without a word: it is shipped, or rejected, or set aside.

  Background:
    Given the subsystem "fulfilment"

  Scenario: An order of unknown goods is rejected
    When an "order placed" event is produced with:
      | items[1].sku | SKU-UNKNOWN |
    Then an "order rejected" event appears with:
      | reason | UNKNOWN_SKU |
      | sku    | SKU-UNKNOWN |
    And nothing else appears within 500ms

  Scenario: Mixed orders each get their own answer
    When these "order placed" events are produced:
      | as       | items[0].sku | customerId |
      | good one | SKU-2        |            |
      | bad one  | SKU-404      | C-7        |
    Then an "order shipped" event appears for "good one"
    And an "order rejected" event appears for "bad one" with:
      | sku | (like SKU-*) |
    And at most 1 "order shipped" event appears within 2s

  Scenario: What is no order is set aside and does not block the next one
    When this message is produced on "orders" as "poison":
      """
      {"orderId": "${id}", oops
      """
    And an "order placed" event is produced as "healthy" with:
      | orderId | ${new id} |
    Then the "poison" message appears unchanged on "dead letters" with:
      | header Dead-Letter-Reason | NOT_JSON |
    And an "order shipped" event appears for "healthy"

  Scenario: An order without goods is set aside
    When an "order placed" event is produced with:
      | items | (absent) |
    Then the same message appears unchanged on "dead letters" with:
      | header Dead-Letter-Reason | (one of INVALID_ORDER, NOT_JSON) |
    And nothing else appears within 500ms
