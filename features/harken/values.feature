Feature: Values and labels carry what is not known beforehand
  An id that is made anew in every run, a tracking number that the system gives: a scenario names them and goes on with
  them.

  Background:
    Given the subsystem "fulfilment"

  Scenario: A field of what was produced is expected in the answer
    When an "order placed" event is produced as "order"
    Then an "order shipped" event appears with:
      | orderId | ${order.orderId} |

  Scenario: A value is named once and used often
    Given these values:
      | basket  | b-${new id} |
      | article | SKU-5       |
    When an "order placed" event is produced as "order" with:
      | orderId      | ${basket}  |
      | items[0].sku | ${article} |
    Then an "order shipped" event appears with:
      | orderId      | ${basket}  |
      | items[*].sku | ${article} |

  Scenario: What came back is used in what is sent next
    Given an "order placed" event was produced as "order"
    And an "order shipped" event appeared as "parcel"
    When an "order placed" event is produced as "reminder" with:
      | orderId | ${parcel.orderId}        |
      | note    | ${parcel.trackingNumber} |
    Then no "order shipped" event appears within 500ms

  Scenario: A header is a value like any other
    When an "order placed" event is produced as "order" with:
      | header Correlation-Id | c-${new id} |
    Then an "order shipped" event appears with:
      | header type           | order.shipped.v1               |
      | header Correlation-Id | ${order.header Correlation-Id} |
