Feature: Every scenario sees only its own events
  Scenarios run side by side against one system. What belongs to which is known by the ids that Harken puts into what it
  produces, so that nothing needs to be cleaned up and no other scenario's event is taken for one's own.

  Background:
    Given the subsystem "fulfilment"

  Scenario Outline: Customer <customer> gets one parcel, whatever the others order
    When an "order placed" event is produced with:
      | customerId | <customer> |
    Then exactly 1 "order shipped" event appears within 2s
    And nothing else appears within 1s

    Examples:
      | customer |
      | Ann      |
      | Bob      |
      | Cyd      |
      | Dan      |

  Scenario: Two orders in one scenario are told apart
    When an "order placed" event is produced as "good order"
    And an "order placed" event is produced as "bad order" with:
      | items[0].sku | SKU-404 |
    Then exactly 1 "order shipped" event appears for "good order" within 2s
    And no "order shipped" event appears for "bad order" within 500ms
    And an "order rejected" event appears for "bad order" with:
      | sku | SKU-404 |
    And no "order rejected" event appears for "good order" within 500ms

  Scenario: Nothing is stolen
    # Harken listens to the channel of the orders too; what it has sent itself is no output of the system
    When an "order placed" event is produced
    Then nothing appears on "orders" within 300ms
    And exactly 1 "order shipped" event appears within 2s
