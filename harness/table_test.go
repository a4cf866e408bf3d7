package harness

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestAMisconfigurationIsToldByItsCauseAlone(t *testing.T) {
	err := fmt.Errorf("shipments: %w", Misconfigured(io.ErrUnexpectedEOF))
	if !errors.Is(err, ErrMisconfigured) || !errors.Is(err, io.ErrUnexpectedEOF) ||
		err.Error() != "shipments: unexpected EOF" {
		t.Errorf("got %v", err)
	}
}
