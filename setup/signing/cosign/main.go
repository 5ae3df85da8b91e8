// Command cosign is cosign without the key management services of clouds, which take most of its build.
package main

import (
	"errors"
	"log"
	"os"

	"github.com/sigstore/cosign/v3/cmd/cosign/cli"
	cosignerrors "github.com/sigstore/cosign/v3/cmd/cosign/errors"
)

func main() {
	err := cli.New().Execute()
	var coded *cosignerrors.CosignError
	if errors.As(err, &coded) {
		log.Printf("error during command execution: %v", err)
		os.Exit(coded.ExitCode())
	}
	if err != nil {
		log.Fatalf("error during command execution: %v", err)
	}
}
