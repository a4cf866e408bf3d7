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
