Feature: The thermostat keeps it warm

  Scenario: It is too cold
    When a "temperature measured" event is produced with:
      | room    | ${id} |
      | degrees | 17    |
    Then a "heating switched" event appears with:
      | on | true |

  Scenario: It is too cold in one of two rooms
    When these temperatures are measured:
      | kitchen | 17 |
      | bath    | 23 |
    Then a "heating switched" event appears for "kitchen" with:
      | on | true |
    And the heating of "bath" stays off for 300ms
