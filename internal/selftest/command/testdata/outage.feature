Feature: The broker goes down in mid-run

  Background:
    Given the subsystem "fulfilment"
    And an "order placed" event was produced as "order" with:
      | processingMillis | 60000 |

  Scenario: Waiting for an output that is pushed
    When the NATS server is stopped
    Then an "order rejected" event appears within 300ms

  Scenario: Waiting for an output that is polled
    When the NATS server is stopped
    Then an "order shipped" event appears within 300ms

  Scenario: Counting
    When the NATS server is stopped
    Then exactly 1 "order shipped" event appears within 300ms

  Scenario: Absence of one event
    When the NATS server is stopped
    Then no "order rejected" event appears within 300ms

  Scenario: Absence of everything
    When the NATS server is stopped
    Then nothing appears within 300ms
