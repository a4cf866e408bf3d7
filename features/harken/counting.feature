Feature: Exactly means exactly
  A count is settled when its whole window is over and it is proved that nothing was missed; so one event too many is
  found even where the right one came first.

  Background:
    Given the subsystem "fulfilment"

  Scenario: The same order ten times is shipped exactly once
    When an "order placed" event is produced
    And the same event is produced 9 more times
    Then exactly 1 "order shipped" event appears within 2s

  Scenario: As many orders, as many parcels
    When 5 "order placed" events are produced
    Then exactly 5 "order shipped" events appear within 2s
    And at least 2 "order shipped" events appear within 2s
    And at most 5 "order shipped" events appear within 2s

  Scenario: Absence is waited for
    When an "order placed" event is produced
    Then exactly 0 "order rejected" events appear within 500ms
    And no "order rejected" event appears within 500ms
    And nothing appears on "rejections" within 500ms

  Scenario: Only what fits is counted
    When these "order placed" events are produced:
      | as    | items[0].sku | items[1].sku |
      | one   | SKU-1        | SKU-2        |
      | two   | SKU-1        | SKU-3        |
      | three | SKU-4        | SKU-5        |
    Then exactly 2 "order shipped" events appear within 2s with:
      | items[*].sku | SKU-1 |

  Scenario: Else is what no step before has spoken of
    When these "order placed" events are produced:
      | as   | items[0].sku |
      | good | SKU-1        |
      | bad  | SKU-404      |
    Then an "order shipped" event appears for "good"
    And an "order rejected" event appears for "bad"
    And nothing else appears within 500ms
