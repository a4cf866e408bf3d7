Feature: The test plays those whom the subsystem talks to
  The subsystem asks somebody for the money. In a test that is the scenario itself: it says once how it answers, and answers
  each request of its own, and nobody else's, until it ends.

  Background:
    Given the subsystem "fulfilment"

  Scenario: What is paid is shipped
    Given every "payment request" is answered with a "payment accepted" event
    When 5 "order placed" events are produced with:
      | checkPayment | true |
    Then every "order placed" event leads to exactly one "order shipped" event within 2s

  Scenario: What is not paid is rejected
    Given every "payment request" is answered with a "payment declined" event
    When an "order placed" event is produced with:
      | checkPayment | true |
    Then an "order rejected" event appears with:
      | reason | PAYMENT_DECLINED |
    And nothing else appears within 500ms

  Scenario: The money takes its time
    Given every "payment request" is answered with a "payment accepted" event after 600ms
    When an "order placed" event is produced with:
      | checkPayment | true |
    Then an "order shipped" event appears between 500ms and 5s

  Scenario: The third attempt succeeds
    Given the first 2 "payment request" events are answered with a "payment declined" event
    And any later "payment request" event is answered with a "payment accepted" event
    When an "order placed" event is produced with:
      | checkPayment    | true |
      | paymentAttempts | 5    |
    Then exactly 1 "order shipped" event appears within 3s
    And exactly 3 "payment request" events appear within 3s
    And nothing else appears within 3s

  Scenario: Whoever does not answer is asked again
    Given the first "payment request" is not answered
    And any later "payment request" is answered with a "payment accepted" event
    When an "order placed" event is produced with:
      | checkPayment    | true |
      | paymentAttempts | 2    |
    Then an "order shipped" event appears between 300ms and 5s

  Scenario: An order for which nobody pays in five attempts is a dead letter
    Given the first 5 "payment request" events are answered with a "payment declined" event
    And any later "payment request" event is answered with a "payment accepted" event
    When an "order placed" event is produced as "unpaid" with:
      | checkPayment    | true |
      | paymentAttempts | 5    |
    Then the "unpaid" message appears unchanged on "dead letters" within 5s with:
      | header Dead-Letter-Reason | UNPAID |
    And no "order shipped" event appears within 1s

  Scenario: An answer speaks of what was asked
    Given every "payment request" is answered with a "payment accepted" event with:
      | paymentId | P-${request.pieces} |
    When an "order placed" event is produced with:
      | checkPayment      | true |
      | items[0].quantity | 40   |
    Then an "order shipped" event appears with:
      | paymentId | P-41 |
