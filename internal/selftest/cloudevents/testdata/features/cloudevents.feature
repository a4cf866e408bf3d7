Feature: CloudEvents in each mode

  Scenario: Structured in, both modes out
    When an "order placed" event is produced as "order" with:
      | items[0].quantity | 3 |
    Then exactly 1 "order shipped" event appears with:
      | source              | /warehouse         |
      | subject             | größe 7            |
      | attribute causation | ${order.id}        |
      | attribute tenant    | (like a*e)         |
      | orderId             | ${order.orderId}   |
      | pieces              | 3                  |
      | time                | (> ${now - 1h})    |

  Scenario: Binary in
    When an "order placed" event is produced on "binary orders" as "order" with:
      | items[0].quantity | 5 |
      | subject           | Euro € 100% "x" |
    Then exactly 1 "order shipped" event appears with:
      | subject             | Euro € 100% "x" |
      | attribute causation | ${order.id}     |
      | pieces              | 5               |
    And nothing else appears within 200ms

  Scenario: A duplicate is one too many for the consumer, and is told by its id
    When an "order placed" event is produced as "order"
    And the same event is produced again
    Then exactly 2 "order shipped" events appear with:
      | attribute causation | ${order.id} |

  Scenario: What the run has sent itself is no output, in its envelope either
    When an "order placed" event is produced
    Then exactly 1 "order shipped" event appears
    And no "order placed" event appears on "orders" within 200ms
    And nothing appears on "messages" within 200ms

  Scenario: An order without a source
    When an "order placed" event is produced with:
      | source | (absent) |
    Then the same message appears unchanged on "dead letters"
    And no "order shipped" event appears within 200ms

  Scenario: No event at all
    When this message is produced on "orders":
      """
      {"orderId": "${id}"}
      """
    Then the same message appears unchanged on "dead letters"
