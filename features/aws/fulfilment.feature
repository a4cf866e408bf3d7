# Step Functions: an execution's end is an event.
Feature: Orders go through the machine

  Scenario: An order is fulfilled
    When this message is produced on "fulfilment":
      """
      {"orderId": "${id}", "quantity": 2}
      """
    Then exactly 1 "fulfilled order" appears with:
      | status         | SUCCEEDED |
      | output.orderId | ${id}     |

  Scenario: An order of too many fails, and says where
    When this message is produced on "fulfilment":
      """
      {"orderId": "${id}", "quantity": 101}
      """
    Then exactly 1 "fulfilled order" appears with:
      | status      | FAILED   |
      | error       | TooMany  |
      | failedState | Too many |
