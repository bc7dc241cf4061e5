package com.example.rostrum

import com.apollographql.apollo.ApolloClient
import com.apollographql.apollo.api.Optional
import com.apollographql.apollo.network.websocket.GraphQLWsProtocol
import com.apollographql.apollo.network.websocket.WebSocketNetworkTransport
import kotlin.random.Random
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flow

/** `token` is asked for each connection: one that has expired closes it with 4403. */
fun rostrumClient(server: String, token: suspend () -> String?): ApolloClient =
    ApolloClient.Builder()
        .serverUrl("$server/graphql")
        .subscriptionNetworkTransport(
            WebSocketNetworkTransport.Builder()
                .serverUrl(server.replaceFirst("http", "ws") + "/graphql")
                .wsProtocol(GraphQLWsProtocol { token()?.let { mapOf("token" to it) } })
                .build()
        )
        .build()

/** Every bid, once and in order, over as many connections as it takes. Where an entry has `reset`, replace what you hold. */
fun ApolloClient.bids(auctionId: String): Flow<BidsSubscription.Bids> = flow {
    var cursor: String? = null
    var attempt = 0
    while (true) {
        subscription(BidsSubscription(auctionId, Optional.presentIfNotNull(cursor))).toFlow().collect { response ->
            val entry = response.data?.bids
            if (entry == null) {
                // The server's last word on it, such as NOT_FOUND: another attempt would hear it again.
                response.errors?.firstOrNull()?.let { error(it.message) }
            } else {
                attempt = 0
                cursor = entry.onEvent?.cursor ?: cursor
                emit(entry)
            }
        }
        delay(Random.nextLong(50, minOf(20_000L, 500L shl minOf(attempt, 6))))
        attempt += 1
    }
}
