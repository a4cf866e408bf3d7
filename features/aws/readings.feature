# Kinesis to DynamoDB: the aggregation of AWS's guide. The table's stream tells what happened, its items what is there.
Feature: Every reading counts once
  A meter's total is right, however many readings it sends at once and however often one of them comes.

  Background:
    Given the subsystem "readings"

  Scenario Outline: <count> readings of a meter
    Given these values:
      | meter | meter-${new id} |
    When <count> "reading" records are produced with:
      | key   | ${meter} |
      | meter | ${meter} |
    Then the "meter total" record of "${meter}" has within 15s:
      | readings | <count>  |
      | litres   | <litres> |
    And every "reading" record leads to exactly one "counted reading" record within 15s

    Examples:
      | count | litres |
      | 20    | 100    |
      | 200   | 1000   |

  Scenario: A reading that comes twice counts once
    Given these values:
      | meter | meter-${new id} |
    When a "reading" record is produced with:
      | key   | ${meter} |
      | meter | ${meter} |
    And the same record is produced again
    Then the "meter total" record of "${meter}" has:
      | readings | 1 |
      | litres   | 5 |
    And exactly 1 "counted reading" record appears with:
      | litres.N | "5" |
