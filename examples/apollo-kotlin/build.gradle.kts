plugins {
    kotlin("jvm") version "2.1.21"
    id("com.apollographql.apollo") version "4.2.0"
}

repositories { mavenCentral() }

dependencies {
    implementation("com.apollographql.apollo:apollo-runtime:4.2.0")
    implementation("com.apollographql.adapters:apollo-adapters-kotlinx-datetime:0.0.4")
    implementation("org.jetbrains.kotlinx:kotlinx-coroutines-core:1.10.2")
}

apollo {
    service("rostrum") {
        packageName.set("com.example.rostrum")
        // As the server shows it: curl -o src/main/graphql/schema.graphqls https://rostrum.example/schema.graphql
        schemaFiles.from("src/main/graphql/schema.graphqls")
        mapScalarToKotlinLong("Amount")
        mapScalarToKotlinString("Cursor")
        mapScalar(
            "DateTime",
            "kotlinx.datetime.Instant",
            "com.apollographql.adapter.datetime.KotlinxInstantAdapter",
        )
        mapScalarToKotlinAny("JSON")
    }
}
