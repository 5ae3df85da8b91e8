//go:build tools

// Package programs names what install builds, so that go.mod and go.sum hold exactly what it needs.
package programs

import (
	_ "github.com/google/go-containerregistry/cmd/registry"
)
