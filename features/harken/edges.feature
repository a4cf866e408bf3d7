Feature: Not before, and not after
  Some things must not happen at once: a reminder after some days, a parcel after the goods are packed. A window with two
  ends fails what comes too early as it fails what comes too late.

  Background:
    Given the subsystem "fulfilment"

  Scenario: A parcel takes its time
    When an "order placed" event is produced with:
      | processingMillis | 700 |
    Then an "order shipped" event appears between 400ms and 2s
    And exactly 1 "order shipped" event appears between 400ms and 2s

  Scenario: Nothing more from some time on
    When an "order placed" event is produced
    Then an "order shipped" event appears within 2s
    And no "order shipped" event appears between 1s and 2s
