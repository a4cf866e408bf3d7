Feature: What comes out again after a while

  Scenario: A second shipment in the window is one too many
    When an "order placed" event is produced
    Then exactly 1 "order shipped" event appears within 4s
