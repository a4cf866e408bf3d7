Feature: The thermostat keeps it warm

  Scenario: It is too cold
    When a "temperature measured" event is produced with:
      | room    | ${id} |
      | degrees | 17    |
    Then a "heating switched" event appears with:
      | on | true |

  Scenario: It is warm enough
    When a "temperature measured" event is produced with:
      | room    | ${id} |
      | degrees | 23    |
    Then the heating stays off for 300ms
