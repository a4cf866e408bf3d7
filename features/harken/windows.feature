Feature: A window begins with what was done, not with when somebody looks
  "Within 1s" means: within one second of the act, the last thing that was produced. How long other steps take before it
  neither shortens nor lengthens that second.

  Background:
    Given the subsystem "fulfilment"

  Scenario: An answer counts although another step was waited for in between
    When an "order placed" event is produced
    Then no "order rejected" event appears within 2s
    And an "order shipped" event appears within 1500ms

  Scenario: What comes after a window is not in it
    When an "order placed" event is produced with:
      | processingMillis | 900 |
    Then no "order shipped" event appears within 300ms
    But an "order shipped" event appears within 5s

  Scenario: Several things that are produced in a row are one act
    When an "order placed" event is produced as "first"
    And an "order placed" event is produced as "second"
    Then exactly 2 "order shipped" events appear within 2s

  Scenario: A second act has a window of its own
    When an "order placed" event is produced as "first" with:
      | processingMillis | 300 |
    Then an "order shipped" event appears within 5s
    When an "order placed" event is produced as "second" with:
      | processingMillis | 300 |
    Then no "order shipped" event appears within 100ms
    And an "order shipped" event appears for "second" within 5s

  Scenario: Without a When, what was given is the act
    Given an "order placed" event was produced
    Then an "order shipped" event appears within 5s

  Scenario: What was given can be made sure of first
    Given an "order placed" event was produced as "basket" with:
      | processingMillis | 500 |
    And a "stored order" record appeared within 5s with:
      | key    | ${basket.orderId} |
      | status | PLACED            |
    When the same event is produced again
    Then exactly 1 "order shipped" event appears for "basket" within 2s
