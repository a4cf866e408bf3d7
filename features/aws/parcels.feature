# SQS to Kinesis, with a dead-letter queue that only the test reads; and Lambda, invoked as an event.
Feature: Every parcel gets a label

  Scenario: A parcel gets its label
    When a "parcel" is produced as "mine"
    Then exactly 1 "label" appears with:
      | parcelId | ${mine.parcelId}   |
      | text     | To: 1 Harbour Street |

  Scenario: A parcel without an address is set aside, as it came
    When a "parcel" is produced with:
      | address | "" |
    Then the same message appears unchanged on "dead parcels" within 20s
    And no "label" appears within 2s

  Scenario: A late parcel is handed to the printer itself
    When a "late parcel" is produced as "mine"
    Then exactly 1 "label" appears with:
      | parcelId | ${mine.Records[0].messageId} |
      | text     | To: 2 Harbour Street         |
