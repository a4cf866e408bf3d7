Feature: Messages go out as they stand, and come back as they went
  What is broken on purpose must reach the system broken: no template, no repair. What a system sets aside can then be
  compared byte for byte.

  Background:
    Given the subsystem "fulfilment"

  Scenario: A message that is no JSON is set aside unchanged
    When this message is produced on "orders" as "scrawl":
      """
      order ${id}: two pounds of <b>tea</b>, please — "soon"
      """
    Then the "scrawl" message appears unchanged on "dead letters" with:
      | header Dead-Letter-Reason  | NOT_JSON      |
      | header Dead-Letter-Subject | orders.placed |
    And nothing else appears within 500ms

  Scenario: Two broken messages are told apart
    When this message is produced on "orders" as "first":
      """
      {"orderId": "${new id}"
      """
    And this message is produced on "orders" as "second":
      """
      {"orderId": "${new id}", "items": []}
      """
    Then the "second" message appears unchanged on "dead letters"
    And the "first" message appears unchanged on "dead letters"
    And nothing else appears within 500ms

  Scenario: A dollar sign stays one where it is doubled
    When this message is produced on "orders":
      """
      ${id} $${id}
      """
    Then the same message appears unchanged on "dead letters" with:
      | body | (like *$${id}) |
