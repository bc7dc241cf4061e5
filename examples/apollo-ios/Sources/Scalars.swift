// Apollo iOS makes a file for each scalar once, in RostrumAPI/Sources/Schema/CustomScalars, and leaves it alone from then on:
// put these in the place of what it makes.
import ApolloAPI
import Foundation

/// A whole number of a currency's minor units.
public typealias Amount = Int64

extension Int64: CustomScalarType {
  public init(_jsonValue value: JSONValue) throws {
    guard let number = value as? NSNumber else { throw JSONDecodingError.couldNotConvert(value: value, to: Int64.self) }
    self = number.int64Value
  }

  public var _jsonValue: JSONValue { NSNumber(value: self) }
}

/// To be kept and handed back, and not looked into.
public typealias Cursor = String

/// RFC 3339, with milliseconds.
public struct DateTime: CustomScalarType, Hashable {
  public let date: Date

  private static let format: ISO8601DateFormatter = {
    let format = ISO8601DateFormatter()
    format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
    return format
  }()

  public init(_jsonValue value: JSONValue) throws {
    guard let text = value as? String, let date = DateTime.format.date(from: text) else {
      throw JSONDecodingError.couldNotConvert(value: value, to: DateTime.self)
    }
    self.date = date
  }

  public var _jsonValue: JSONValue { DateTime.format.string(from: date) }
}

/// Whatever JSON can say, as its text.
public struct JSON: CustomScalarType, Hashable {
  public let text: String

  public init(_jsonValue value: JSONValue) throws {
    let data = try JSONSerialization.data(withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys])
    text = String(decoding: data, as: UTF8.self)
  }

  public var _jsonValue: JSONValue { text }
}
