/**
 * Apache Kafka as jars from Maven Central, downloaded once into a cache outside the tree. Java
 * and Maven are installed with apt-get where they are missing and this process may.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { installMissing, runToEnd, SERVICES_CACHE } from "./machine.ts";

export const KAFKA_VERSION = "4.4.0";
const DONE = ".complete";

/** Where the jars are. Downloads what is missing, which takes half a minute. */
export async function kafkaJars(): Promise<string> {
  const jars = join(SERVICES_CACHE, `kafka-${KAFKA_VERSION}`);
  await installMissing({ java: "openjdk-17-jre-headless" });
  if (existsSync(join(jars, DONE))) return jars;
  await installMissing({ mvn: "maven" });
  mkdirSync(SERVICES_CACHE, { recursive: true });
  const scratch = mkdtempSync(join(SERVICES_CACHE, "download-"));
  try {
    writeFileSync(join(scratch, "pom.xml"), POM);
    const goal = ["dependency:copy-dependencies", "-DincludeScope=runtime"];
    const flags = ["-q", "-B", "-f", join(scratch, "pom.xml")];
    await runToEnd(["mvn", ...flags, ...goal, `-DoutputDirectory=${join(scratch, "jars")}`]);
    writeFileSync(join(scratch, "jars", DONE), "");
    if (!existsSync(jars)) renameSync(join(scratch, "jars"), jars);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return jars;
}

/** `kafka-tools-api` is named by the main jar and published nowhere. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version>
<exclusions><exclusion><groupId>org.apache.kafka</groupId><artifactId>kafka-tools-api</artifactId></exclusion></exclusions></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>
`;
