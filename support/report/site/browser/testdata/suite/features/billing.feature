Feature: What is shipped is billed

  Background:
    Given the subsystem "billing"

  Scenario: Every parcel is billed
    When an "order placed" event is produced
    Then an "invoice" event appears within 1s
