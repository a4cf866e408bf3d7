# language: en
Feature: <script>alert("feature")</script> & "odd" texts

  Scenario: طلب يُشحن إلى العميل ‮gnp.exe
    When this message is produced on "orders":
      """json
      {"note": "</script><script>alert(1)</script>", "rtl": "‮abc"}
      """
    Then an "order shipped" event appears within 2s

  Scenario: A body of a megabyte
    When an "order placed" event is produced
    Then an "order shipped" event appears within 2s

  Scenario: Bytes that are no text
    When an "order placed" event is produced
    Then an "order shipped" event appears within 2s

  @ignored
  Scenario: Not chosen
    When an "order placed" event is produced
    Then an "order shipped" event appears within 2s
