// SPDX-License-Identifier: Apache-2.0

// The service of tests/bench/run by Apache's Go library, compact and framed: a
// goroutine for each connection.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/apache/thrift/lib/go/thrift"

	"race/codec"
	"race/race"
)

type handler struct{}

func (handler) Ping(context.Context) error { return nil }

func (handler) Nap(_ context.Context, ms int32) error {
	time.Sleep(time.Duration(ms) * time.Millisecond)
	return nil
}

func (handler) EchoText(_ context.Context, v string) (string, error) {
	return v, nil
}

func (handler) EchoItem(_ context.Context, v *codec.Item) (*codec.Item, error) {
	return v, nil
}

func (handler) EchoBatch(_ context.Context, v *codec.Batch) (*codec.Batch,
	error) {
	return v, nil
}

func main() {
	addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}
	socket := thrift.NewTServerSocketFromAddrTimeout(addr, 0)
	if err := socket.Listen(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(socket.Addr().(*net.TCPAddr).Port)
	server := thrift.NewTSimpleServer4(race.NewRaceProcessor(handler{}),
		socket, thrift.NewTFramedTransportFactoryConf(
			thrift.NewTTransportFactory(), nil),
		thrift.NewTCompactProtocolFactoryConf(nil))
	log.Fatal(server.Serve())
}
