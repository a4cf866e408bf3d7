Feature: The thermostat keeps it warm

  Scenario: It is warm enough
    Given the heating is off
    When a "temperature measured" event is produced with:
      | room    | ${id} |
      | degrees | 23    |
    Then nothing appears on "commands"
