// SPDX-License-Identifier: Apache-2.0

// The service of tests/bench/run by Kitex, framed, in binary, which is all that
// it speaks: a goroutine for each request of a connection.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/cloudwego/kitex/pkg/klog"
	"github.com/cloudwego/kitex/server"

	"race/kitex_gen/codec"
	"race/kitex_gen/race/race"
)

type handler struct{}

func (*handler) Ping(context.Context) error { return nil }

func (*handler) Nap(_ context.Context, ms int32) error {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return nil
}

func (*handler) EchoText(_ context.Context, v string) (string, error) {
	return v, nil
}

func (*handler) EchoItem(_ context.Context, v *codec.Item) (*codec.Item, error) {
	return v, nil
}

func (*handler) EchoBatch(_ context.Context, v *codec.Batch) (*codec.Batch,
	error) {
	return v, nil
}

func main() {
	klog.SetLevel(klog.LevelFatal)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(race.NewServer(&handler{}, server.WithListener(listener)).Run())
}
