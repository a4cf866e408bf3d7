Feature: A partner hears what has been paid
  The system tells a partner by a signed webhook. In a test that is the scenario itself: it answers as it says, and may be
  busy, or silent.

  Background:
    Given the subsystem "notifier"

  Scenario: The partner is told once
    When an "order paid" event is produced
    Then exactly 1 "notice" event appears with:
      | key   | orders/${id} |
      | total | 12           |
    And a "notice delivered" event appears with:
      | attempts | 1 |

  Scenario: A partner that is busy is asked again
    Given the first 2 "notice" events are answered with a "busy signal" event
    And any later "notice" event is answered with a "notice accepted" event
    When an "order paid" event is produced
    Then exactly 3 "notice" events appear
    And a "notice delivered" event appears with:
      | attempts | 3 |

  Scenario: A partner that does not answer is asked again
    Given the first "notice" event is not answered
    When an "order paid" event is produced
    Then exactly 2 "notice" events appear
    And a "notice delivered" event appears with:
      | attempts | 2 |

  Scenario: What the partner cannot be told is a dead letter
    Given every "notice" is answered with a "busy signal" event
    When an "order paid" event is produced
    Then exactly 3 "notice" events appear
    And the same message appears unchanged on "dead letters"
