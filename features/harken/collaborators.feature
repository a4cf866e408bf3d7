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

  Scenario: An answer speaks of what was asked
    Given every "payment request" is answered with a "payment accepted" event with:
      | paymentId | P-${request.pieces} |
    When an "order placed" event is produced with:
      | checkPayment      | true |
      | items[0].quantity | 40   |
    Then an "order shipped" event appears with:
      | paymentId | P-41 |
