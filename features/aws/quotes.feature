# Lambda, invoked as a request: its answer is an event.
Feature: Customers may ask for the price

  Scenario: What three pieces cost
    When a "question" is produced as "mine"
    Then exactly 1 "quote" appears with:
      | orderId | ${mine.orderId} |
      | price   | 750                 |

  Scenario: What is not sold has no price
    When a "question" is produced with:
      | quantity | 101 |
    Then a "quote" appears with:
      | header function-error | (any)                    |
      | errorMessage          | (contains more than 100) |
