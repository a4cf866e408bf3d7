Feature: What is stored is read until it is as it should be
  A record tells what is there, not what happened: it is read until it matches. One that matched already when the scenario
  acted must still do so at the end of the window.

  Background:
    Given the subsystem "fulfilment"

  Scenario: The order ends as shipped
    When an "order placed" event is produced as "order"
    Then the "stored order" record of "${order.orderId}" has within 2s:
      | status     | SHIPPED |
      | customerId | C-1042  |

  Scenario: A record that could be anybody's
    # its key has no id of the scenario, so that the scenario runs alone, after all others
    When an "order placed" event is produced with:
      | orderId    | STANDING-ORDER |
      | customerId | ${id}          |
    Then the "stored order" record of "STANDING-ORDER" has within 2s:
      | status | SHIPPED |

  Scenario: A record that an operator erases is gone
    Given an "order placed" event was produced as "order"
    And the "stored order" record of "${order.orderId}" had within 2s:
      | status | SHIPPED |
    When the "erase" command is run with:
      | order | ${order.orderId} |
    Then the "stored order" record of "${order.orderId}" is gone within 1s
    And no "stored order" record appears within 1s with:
      | key | ${order.orderId} |

  Scenario: A record that is to be there only at the end, and to stay so
    When an "order placed" event is produced as "order"
    Then the "stored order" record of "${order.orderId}" has within 2s and keeps for 1s:
      | status | SHIPPED |

  Scenario: The records of several orders, one a row
    When these "order placed" events are produced:
      | as    | items[0].sku |
      | known | SKU-1        |
      | wrong | NO-SUCH-SKU  |
    Then these "stored order" records appear within 2s:
      | key              | status   |
      | ${known.orderId} | SHIPPED  |
      | ${wrong.orderId} | REJECTED |
