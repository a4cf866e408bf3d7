//go:build race

package checkout

const raced = true
