Feature: The connection to what the system needs is cut and slow
  A store that is not there, or takes its time, is what retries are for. godog.yml names the link, and Harken stands in
  it; a scenario that cuts it runs alone, and finds it as it was.

  Background:
    Given the subsystem "fulfilment"

  Scenario: An order is shipped once the store is back
    When the connection to "order store" is cut
    And an "order placed" event is produced
    Then no "order shipped" event appears within 1s
    When the connection to "order store" is restored
    Then exactly 1 "order shipped" event appears within 5s

  Scenario: An order whose store is slow is shipped later
    Given the connection to "order store" was slow by 700ms
    When an "order placed" event is produced
    Then an "order shipped" event appears between 600ms and 5s
