Feature: What goes in comes out, once and changed

  Scenario: An order is relayed
    When an "order" event is produced
    Then exactly 1 "relayed order" event appears with:
      | status | RELAYED |
      | sku    | SKU-1   |

  Scenario: Each of many is relayed
    When 20 "order" events are produced
    Then every "order" event leads to exactly one "relayed order" event

  Scenario: What is left out is not relayed
    When an "order" event is produced with:
      | sku | SKU-0 |
    Then no "relayed order" event appears within 1s
