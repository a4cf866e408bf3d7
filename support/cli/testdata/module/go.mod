module example.com/thermostat

go 1.26.0

require github.com/harken-bdd/harken v0.0.0

replace github.com/harken-bdd/harken => ../../../..
