// A server on Centrifugo's own library, which takes connection tokens as Centrifugo does: HS256 under a shared secret, "sub" a text, "exp" kept, and "channels"
// subscribed on the server's side. centrifugo SECRET: prints its port, then says hello to each user's own channel.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/centrifugal/centrifuge"
	"github.com/golang-jwt/jwt/v5"
)

type claims struct {
	Channels []string `json:"channels"`
	jwt.RegisteredClaims
}

func main() {
	secret := []byte(os.Args[1])
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(func(_ context.Context, e centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		var c claims
		_, err := jwt.ParseWithClaims(e.Token, &c, func(*jwt.Token) (any, error) { return secret, nil },
			jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired())
		if err != nil {
			return centrifuge.ConnectReply{}, centrifuge.DisconnectInvalidToken
		}
		subscriptions := map[string]centrifuge.SubscribeOptions{}
		for _, channel := range c.Channels {
			subscriptions[channel] = centrifuge.SubscribeOptions{}
		}
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: c.Subject, ExpireAt: c.ExpiresAt.Unix()}, Subscriptions: subscriptions}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		_, _ = node.Publish("user#"+client.UserID(), []byte(`{"hello":"`+client.UserID()+`"}`))
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{CheckOrigin: func(*http.Request) bool { return true }}))
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(http.Serve(listener, nil))
}
