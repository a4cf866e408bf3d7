Feature: A pause is an honest wait
  What is produced after it is a new act. What is expected after it still counts from the act before: a pause neither shortens
  nor lengthens a window.

  Background:
    Given the subsystem "fulfilment"

  Scenario: An answer that came during the pause counts
    When an "order placed" event is produced
    And 500 milliseconds pass
    Then an "order shipped" event appears within 2s

  Scenario: A pause does not make a window longer
    When an "order placed" event is produced with:
      | processingMillis | 1100 |
    And 500 milliseconds pass
    Then no "order shipped" event appears within 800ms
    But an "order shipped" event appears within 3s

  Scenario: A second order after a pause has a window of its own
    When an "order placed" event is produced as "first"
    And 500 milliseconds pass
    And an "order placed" event is produced as "second"
    Then exactly 1 "order shipped" event appears for "second" within 2s
