Feature: What many events add up to
  A sum is judged when no more can come: a figure that fits for a moment, on its way to another, says nothing. Money is
  added up digit by digit, so that a cent is a cent.

  Background:
    Given the subsystem "fulfilment"

  Scenario: All that was ordered was shipped
    When these "order placed" events are produced:
      | items[0].quantity |
      | 1                 |
      | 12                |
      | 7                 |
    Then the "items[0].quantity" of the "order shipped" events adds up to 20 within 2s

  Scenario: No more than so many at once
    When 10 "order placed" events are produced at 2 per second
    Then at most 5 "order shipped" events appear in any 1s within 2s
