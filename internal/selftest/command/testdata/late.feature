Feature: A system that is too slow
  Run against the sample while its function takes its time: it must fail, and say how late the file was.

  Scenario: A text file comes out in capitals, too late
    When a "text" file is produced with:
      | key | letters/${id}.txt |
    Then a "capitals" file appears within 2s with:
      | object.key | letters/${id}.txt |
