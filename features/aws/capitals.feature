# S3 to S3, with a recorder at the end: the sample of AWS's guide on testing asynchronous architectures.
Feature: Text comes out in capitals
  Whoever puts a text file in finds it in capitals a moment later.

  Background:
    Given the subsystem "capitals"

  Scenario: A text file comes out in capitals
    When a "text" file is produced with:
      | key | letters/${id}.txt |
    Then exactly 1 "capitals" file appears with:
      | object.key | letters/${id}.txt |
    And a "file in capitals" appears with:
      | key  | letters/${id}.txt |
      | body | (starts with WE MEET AT THE HARBOUR) |

  Scenario: What is no text file is left alone
    When a "text" file is produced with:
      | key | pictures/${id}.png |
    Then nothing appears within 5s

  Scenario: Everybody may hear of it
    When a "text" file is produced with:
      | key | news/${id}.txt |
    Then exactly 1 "arrival" appears with:
      | object.key | news/${id}.txt |
