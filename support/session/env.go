// What commands beside a run may ask of, and write into, a suite's godog.yml.

package session

import "github.com/harken-bdd/harken/support/config"

// CheckProfile returns what is wrong with godog.yml in a profile, or that there is no such profile.
func (s Suite) CheckProfile(profile string) error {
	s = s.withDefaults()
	_, err := config.Load(s.Config, profile, s.Environ)
	return err
}

// SetEnv writes variables into the env of a profile in godog.yml. All else in the file stays as it is; after an error
// the file is as it was.
func (s Suite) SetEnv(profile string, env map[string]string) error {
	return config.SetEnv(s.withDefaults().Config, profile, env)
}
