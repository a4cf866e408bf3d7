Feature: A command is run in the midst of a scenario
  A redrive, a replay, a restart: what operators do by a command is part of the story. godog.yml names the command; a
  scenario that has one run is alone, after all others, because nobody knows whose events it touches.

  Background:
    Given the subsystem "fulfilment"

  Scenario: An order that is replayed is not shipped twice
    Given an "order placed" event was produced as "order"
    And an "order shipped" event appeared for "order"
    When the "replay" command is run with:
      | order | ${order.orderId} |
    Then exactly 1 "order placed" event appears on "orders" within 2s
    And no "order shipped" event appears within 500ms
